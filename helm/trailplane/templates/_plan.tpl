{{/* What follows from the values: how many replicas, which store, how they are replaced. Decided here once;
     templates only look. */}}

{{/* `dig` that takes a missing or empty section for nothing. Takes a path ("budget.redis.urls") and the context. */}}
{{- define "trailplane.configured" -}}
{{- $here := dict "value" (index . 1).Values.config -}}
{{- range splitList "." (index . 0) -}}
{{- $value := $here.value -}}
{{- $_ := set $here "value" (ternary (get (ternary $value dict (kindIs "map" $value)) .) nil (kindIs "map" $value)) -}}
{{- end -}}
{{- toYaml (dict "value" $here.value "set" (not (or (kindIs "invalid" $here.value) (eq (toString $here.value) "")))) -}}
{{- end }}

{{- define "trailplane.plan" -}}
{{- $values := .Values -}}
{{- $configured := dict -}}
{{- range list "budget.store" "budget.replicas" "budget.redis.mode" "budget.redis.urls" "drain.hard_stop" "events.cache.kind" "grpc.insecure" "grpc.reflection" "grpc.tls.client_auth" "grpc.tokens.issuers" -}}
{{- $_ := set $configured . (get (include "trailplane.configured" (list . $) | fromYaml) "value") -}}
{{- end -}}

{{- $fewest := ternary $values.autoscaling.minReplicas $values.replicas $values.autoscaling.enabled | int -}}
{{- $most := ternary $values.autoscaling.maxReplicas $values.replicas $values.autoscaling.enabled | int -}}

{{- $urls := $configured | dig "budget.redis.urls" list | default list -}}
{{- $shared := or $values.valkey.enabled $urls -}}
{{- $store := get $configured "budget.store" | default (ternary "redis" (ternary "static" "embedded" (gt $most 1)) (not (empty $shared))) -}}

{{/* A volume that one pod alone may have, and a store that one process alone may have, want the old pod gone before
     the new one starts. */}}
{{- $disk := eq (toString (get $configured "events.cache.kind")) "disk" -}}
{{- $auditFile := eq $values.audit.kind "file" -}}
{{- $ownVolume := or (and $auditFile (not (has "ReadWriteMany" $values.audit.volume.accessModes))) (and $disk (eq $values.cache.volume "claim")) -}}
{{- $recreate := and (le $most 1) (or (eq $store "embedded") $ownVolume) -}}

{{- $hardStop := include "trailplane.seconds" (get $configured "drain.hard_stop" | default "25s") | int -}}
{{- $grace := $values.terminationGracePeriodSeconds | default (add $hardStop 5) | int -}}

{{/* Among how many the quotas are shared: the most that should run. Not more: the part of one that never came is left,
     not spent by the others. */}}
{{- $shares := get $configured "budget.replicas" | default $most | int -}}

{{- $issuers := get $configured "grpc.tokens.issuers" | default list -}}
{{- $tls := or $values.certManager.enabled (not (empty $values.tls.existingSecret)) -}}
{{- $certificates := and $tls $values.tls.clientCertificates -}}
{{- $required := and $certificates (eq (get $configured "grpc.tls.client_auth" | default "required") "required") -}}
{{- $proved := or $certificates (not (empty $issuers)) -}}

{{/* What `helm test` can do: it comes in only as a caller would, and grpcurl learns the contract by reflection. */}}
{{- $certificate := not (empty $values.tests.clientCertificateSecret) -}}
{{- $token := and $issuers (not (empty $values.tests.token.existingSecret)) -}}
{{- $connects := and $values.tests.enabled (or $certificate (not $required)) -}}
{{- $reflection := ne (toString (get $configured "grpc.reflection")) "off" -}}
fewest: {{ $fewest }}
most: {{ $most }}
many: {{ gt $most 1 }}
store: {{ $store }}
recreate: {{ $recreate }}
hardStop: {{ $hardStop }}
grace: {{ $grace }}
shares: {{ ternary 1 $shares (eq $store "embedded") }}
disk: {{ $disk }}
auditFile: {{ $auditFile }}
tls: {{ $tls }}
certificates: {{ $certificates }}
proved: {{ $proved }}
insecure: {{ eq (toString (get $configured "grpc.insecure")) "true" }}
policies: {{ or (not (empty $values.policies.existingConfigMap)) (not (empty $values.policies.files)) }}
testsHealth: {{ $connects }}
testsRead: {{ and $connects $reflection (or $certificate $token (not $proved)) }}
{{- end }}
