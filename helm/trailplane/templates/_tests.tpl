{{/* What the pods of `helm test` have in common: each is a caller. */}}

{{- define "trailplane.testMetadata" -}}
{{- $context := index . 0 -}}
name: {{ include "trailplane.fullname" $context }}-test-{{ index . 1 }}
namespace: {{ $context.Release.Namespace }}
labels:
  {{- include "trailplane.labels" (list $context "test") | nindent 2 }}
annotations:
  helm.sh/hook: test
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{- define "trailplane.testAddress" -}}
{{- printf "%s.%s.svc:%d" (include "trailplane.fullname" .) .Release.Namespace (int .Values.service.port) -}}
{{- end }}

{{/* All of a test's pod but its container. */}}
{{- define "trailplane.testPod" -}}
restartPolicy: Never
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "trailplane.testVolumes" -}}
{{- $plan := include "trailplane.plan" . | fromYaml -}}
{{- if $plan.tls }}
- name: ca
  secret:
    secretName: {{ .Values.tests.caSecret | default (include "trailplane.tlsSecret" .) }}
    defaultMode: 0440
    items:
      - {key: ca.crt, path: ca.crt}
{{- end }}
{{- with .Values.tests.clientCertificateSecret }}
- name: caller
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{- define "trailplane.testVolumeMounts" -}}
{{- $plan := include "trailplane.plan" . | fromYaml -}}
{{- if $plan.tls }}
- {name: ca, mountPath: /ca, readOnly: true}
{{- end }}
{{- if .Values.tests.clientCertificateSecret }}
- {name: caller, mountPath: /caller, readOnly: true}
{{- end }}
{{- end }}

{{/* The end of a test's container. */}}
{{- define "trailplane.testContainer" -}}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
resources:
  requests: {cpu: 10m, memory: 16Mi}
  limits: {memory: 64Mi}
{{- with include "trailplane.testVolumeMounts" . | trim }}
volumeMounts:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}
