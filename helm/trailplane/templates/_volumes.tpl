{{/* Volumes of the pod, and where the container has them. Secrets and ConfigMaps are mounted as folders: Kubernetes
     never renews a file that is mounted by itself. */}}

{{/* One file of a Secret, as a volume. Takes the volume's name, the Secret's values and the file. */}}
{{- define "trailplane.secretFile" -}}
- name: {{ index . 0 }}
  secret:
    secretName: {{ (index . 1).existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ (index . 1).key }}
        path: {{ index . 2 }}
{{- end }}

{{- define "trailplane.volumes" -}}
{{- $plan := include "trailplane.plan" . | fromYaml -}}
- name: config
  configMap:
    name: {{ include "trailplane.configMapName" . }}
{{- if $plan.tls }}
{{ include "trailplane.tlsVolume" (list . $plan) }}
{{- end }}
{{- if $plan.policies }}
- name: policies
  configMap:
    name: {{ include "trailplane.policiesName" . }}
{{- end }}
{{- if .Values.secrets.redisCa.existingSecret }}
{{ include "trailplane.secretFile" (list "redis-ca" .Values.secrets.redisCa "ca.crt") }}
{{- end }}
{{- if .Values.secrets.auditKey.existingSecret }}
{{ include "trailplane.secretFile" (list "audit-key" .Values.secrets.auditKey "audit.key") }}
{{- end }}
{{- if $plan.auditFile }}
- name: audit
  persistentVolumeClaim:
    claimName: {{ include "trailplane.auditClaim" . }}
{{- end }}
{{- if $plan.disk }}
{{ include "trailplane.cacheVolume" . }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The server's certificate, and the CAs of the callers, which may be in another Secret. */}}
{{- define "trailplane.tlsVolume" -}}
{{- $context := index . 0 -}}
{{- $plan := index . 1 -}}
{{- $secret := include "trailplane.tlsSecret" $context -}}
- name: tls
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ $secret }}
          items:
            - {key: tls.crt, path: tls.crt}
            - {key: tls.key, path: tls.key}
      {{- if $plan.certificates }}
      - secret:
          name: {{ $context.Values.tls.clientCaSecret | default $secret }}
          items:
            - {key: ca.crt, path: ca.crt}
      {{- end }}
{{- end }}

{{- define "trailplane.cacheVolume" -}}
- name: cache
  {{- if eq .Values.cache.volume "emptyDir" }}
  emptyDir:
    sizeLimit: {{ .Values.cache.size }}
  {{- else if eq .Values.cache.volume "ephemeral" }}
  ephemeral:
    volumeClaimTemplate:
      metadata:
        labels:
          {{- include "trailplane.selector" (list . "server") | nindent 10 }}
      spec:
        {{- include "trailplane.claimSpec" (list .Values.cache (list "ReadWriteOnce")) | nindent 8 }}
  {{- else }}
  persistentVolumeClaim:
    claimName: {{ include "trailplane.cacheClaim" . }}
  {{- end }}
{{- end }}

{{/* The spec of a claim. Takes storageClass and size, and the access modes. */}}
{{- define "trailplane.claimSpec" -}}
{{- with index . 0 -}}
accessModes: {{ index $ 1 | toJson }}
{{- with .storageClass }}
storageClassName: {{ . }}
{{- end }}
resources:
  requests:
    storage: {{ .size }}
{{- end -}}
{{- end }}

{{- define "trailplane.volumeMounts" -}}
{{- $plan := include "trailplane.plan" . | fromYaml -}}
{{- $paths := include "trailplane.paths" . | fromYaml -}}
- {name: config, mountPath: {{ $paths.config }}, readOnly: true}
{{- if $plan.tls }}
- {name: tls, mountPath: {{ $paths.tls }}, readOnly: true}
{{- end }}
{{- if $plan.policies }}
- {name: policies, mountPath: {{ $paths.policies }}, readOnly: true}
{{- end }}
{{- if .Values.secrets.redisCa.existingSecret }}
- {name: redis-ca, mountPath: {{ $paths.redisCa }}, readOnly: true}
{{- end }}
{{- if .Values.secrets.auditKey.existingSecret }}
- {name: audit-key, mountPath: {{ $paths.auditKey }}, readOnly: true}
{{- end }}
{{- if $plan.auditFile }}
- {name: audit, mountPath: {{ $paths.audit }}}
{{- end }}
{{- if $plan.disk }}
- {name: cache, mountPath: {{ $paths.cache }}}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}
