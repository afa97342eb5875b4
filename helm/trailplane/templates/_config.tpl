{{/* The configuration that the pods read: what values have under `config`, and what the chart knows. */}}

{{/* Where files are, in the container. */}}
{{- define "trailplane.paths" -}}
config: /etc/trailplane/config
tls: /etc/trailplane/tls
policies: /etc/trailplane/policies
redisCa: /etc/trailplane/redis-ca
auditKey: /etc/trailplane/audit-key
audit: /var/lib/trailplane/audit
cache: /var/cache/trailplane
{{- end }}

{{/* What the chart sets. These keys may not be in values: contradictions tell instead which value to use. */}}
{{- define "trailplane.ownConfig" -}}
{{- $plan := include "trailplane.plan" . | fromYaml -}}
{{- $paths := include "trailplane.paths" . | fromYaml -}}
grpc:
  listen: {{ printf "%s:%d" .Values.listenAddress (int .Values.grpc.port) | quote }}
  {{- if $plan.tls }}
  tls:
    cert_file: {{ $paths.tls }}/tls.crt
    key_file: {{ $paths.tls }}/tls.key
    {{- if $plan.certificates }}
    client_ca_file: {{ $paths.tls }}/ca.crt
    {{- end }}
  {{- end }}
admin:
  listen: {{ printf "%s:%d" .Values.listenAddress (int .Values.admin.port) | quote }}
  # Probes and scrapers reach it; the NetworkPolicy says who else.
  insecure: true
{{- if $plan.policies }}
policy:
  directory: {{ $paths.policies }}
{{- end }}
budget:
  store: {{ $plan.store }}
  {{- if ne $plan.store "embedded" }}
  replicas: {{ $plan.shares }}
  {{- end }}
  {{- if or .Values.valkey.enabled .Values.secrets.redisCa.existingSecret }}
  redis:
    {{- if .Values.valkey.enabled }}
    urls: [{{ printf "redis://%s.%s.svc:6379" (include "trailplane.valkeyName" .) .Release.Namespace | quote }}]
    {{- end }}
    {{- with .Values.secrets.redisCa.existingSecret }}
    ca_file: {{ $paths.redisCa }}/ca.crt
    {{- end }}
  {{- end }}
{{- if $plan.disk }}
events:
  cache:
    directory: {{ $paths.cache }}
{{- end }}
{{- if ne .Values.audit.kind "off" }}
audit:
  {{- if and $plan.auditFile $plan.recreate }}
  file: {{ $paths.audit }}/audit.jsonl
  {{- end }}
  {{- if or (eq .Values.audit.kind "stdout") .Values.audit.copyToStdout }}
  stdout: true
  {{- end }}
  {{- if .Values.secrets.auditKey.existingSecret }}
  key_file: {{ $paths.auditKey }}/audit.key
  {{- end }}
{{- end }}
{{- end }}

{{/* Both, as YAML. */}}
{{- define "trailplane.config" -}}
{{- $own := include "trailplane.ownConfig" . | fromYaml -}}
{{- $whole := mustMergeOverwrite (deepCopy .Values.config) $own -}}
{{- toYaml $whole -}}
{{- end }}
