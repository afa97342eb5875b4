{{/* Environment variables: the secrets that Trailplane reads from there, and what differs from pod to pod. */}}

{{/* The secrets that are keys of the configuration: each names its variable. */}}
{{- define "trailplane.secretVariables" -}}
cursorKeys: TRAILPLANE_CURSOR__KEYS
externalId: TRAILPLANE_AWS__EXTERNAL_ID
fleetAccounts: TRAILPLANE_FLEET__ACCOUNTS
redisPassword: TRAILPLANE_BUDGET__REDIS__PASSWORD
redisSentinelPassword: TRAILPLANE_BUDGET__REDIS__SENTINEL_PASSWORD
{{- end }}

{{- define "trailplane.environment" -}}
{{- $plan := include "trailplane.plan" . | fromYaml -}}
{{- $paths := include "trailplane.paths" . | fromYaml -}}
{{- range $name, $variable := include "trailplane.secretVariables" . | fromYaml }}
{{- $secret := get $.Values.secrets $name }}
{{- if $secret.existingSecret }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret.existingSecret }}
      key: {{ $secret.key }}
{{- end }}
{{- end }}
{{- if and $plan.auditFile (not $plan.recreate) }}
# Two pods never write one file.
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: TRAILPLANE_AUDIT__FILE
  value: {{ $paths.audit }}/$(POD_NAME).jsonl
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
