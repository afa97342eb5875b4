{{/* Names and labels. */}}

{{- define "trailplane.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* At most 40 characters, so that the longest suffix still fits a name of 63. */}}
{{- define "trailplane.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "trailplane.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- $full | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "trailplane.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "trailplane.fullname" .) -}}
{{- end }}

{{- define "trailplane.configMapName" -}}
{{- include "trailplane.fullname" . }}-config
{{- end }}

{{- define "trailplane.policiesName" -}}
{{- .Values.policies.existingConfigMap | default (printf "%s-policies" (include "trailplane.fullname" .)) -}}
{{- end }}

{{- define "trailplane.tlsSecret" -}}
{{- .Values.tls.existingSecret | default (printf "%s-tls" (include "trailplane.fullname" .)) -}}
{{- end }}

{{- define "trailplane.auditClaim" -}}
{{- .Values.audit.volume.existingClaim | default (printf "%s-audit" (include "trailplane.fullname" .)) -}}
{{- end }}

{{- define "trailplane.cacheClaim" -}}
{{- .Values.cache.existingClaim | default (printf "%s-cache" (include "trailplane.fullname" .)) -}}
{{- end }}

{{- define "trailplane.valkeyName" -}}
{{- include "trailplane.fullname" . }}-valkey
{{- end }}

{{- define "trailplane.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What pods of one component are found by: never changes, because a Deployment's selector may not.
     Takes the context and a component. */}}
{{- define "trailplane.selector" -}}
{{- $context := index . 0 -}}
app.kubernetes.io/name: {{ include "trailplane.name" $context }}
app.kubernetes.io/instance: {{ $context.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* The labels of an object. Takes the context and a component. */}}
{{- define "trailplane.labels" -}}
{{- $context := index . 0 -}}
{{ include "trailplane.selector" . }}
app.kubernetes.io/version: {{ $context.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: trailplane
app.kubernetes.io/managed-by: {{ $context.Release.Service }}
{{- end }}
