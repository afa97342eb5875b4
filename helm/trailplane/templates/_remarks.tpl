{{/* What is insecure or missing in values that are allowed: a line each. */}}
{{- define "trailplane.remarks" -}}
{{- $plan := include "trailplane.plan" . | fromYaml }}
{{- if not $plan.tls }}
- INSECURE: gRPC is plaintext (config.grpc.insecure). Only a mesh that does mutual TLS makes that right.
{{- else if and $plan.insecure (not $plan.proved) }}
- INSECURE: callers do not prove who they are (config.grpc.insecure, and neither client certificates nor issuers).
{{- end }}
{{- if not $plan.policies }}
- INSECURE: there are no policies: every caller may do everything (config.grpc.insecure).
{{- end }}
{{- if not .Values.networkPolicy.enabled }}
- INSECURE: there is no NetworkPolicy: every pod of the cluster can reach both ports.
{{- end }}
{{- if eq (toString (get (include "trailplane.configured" (list "admin.console" .) | fromYaml) "value")) "true" }}
- INSECURE: whoever reaches the admin port sees accounts and callers in the console (config.admin.console, networkPolicy.adminFrom).
{{- end }}
{{- if eq .Values.identity.kind "node" }}
- INSECURE: the identity is the node's: every pod on these nodes that reaches the metadata service has it as well.
{{- end }}
{{- if and .Values.valkey.enabled }}
- Valkey in the cluster speaks no TLS; its NetworkPolicy lets in the replicas alone{{ if not .Values.networkPolicy.enabled }}, but there is none{{ end }}.
{{- end }}
{{- if eq .Values.audit.kind "off" }}
- There is no audit (audit.kind): who changed what is only in CloudTrail.
{{- else if eq .Values.audit.kind "stdout" }}
- The audit goes to standard output alone: nobody knows whether a record was kept before its change was made.
{{- else if not .Values.secrets.auditKey.existingSecret }}
- The audit has no key (secrets.auditKey): who can write its file can make a chain that verifies.
{{- end }}
{{- if not .Values.secrets.cursorKeys.existingSecret }}
- Page tokens end with the pod that gave them (secrets.cursorKeys).
{{- end }}
{{- if not (or .Values.secrets.externalId.existingSecret .Values.secrets.fleetAccounts.existingSecret) }}
- There is no external id (secrets.externalId): the members' roles cannot ask for one.
{{- end }}
{{- if eq $plan.store "static" }}
- Each replica has one part in {{ int $plan.shares }} of each quota, however few run: there is no Redis to share them by.
{{- end }}
{{- if and .Values.autoscaling.enabled (eq $plan.store "redis") (gt (int $plan.shares) (int $plan.fewest)) }}
- The quotas are shared among {{ int $plan.shares }} replicas: until so many have run once, the parts of the others are left (config.budget.replicas).
{{- end }}
{{- if and .Values.autoscaling.enabled (eq $plan.store "redis") (lt (int $plan.shares) (int $plan.most)) }}
- The quotas are shared among {{ int $plan.shares }} replicas (config.budget.replicas), and more may run: a quota can be exceeded if one of them is cut off from Redis then.
{{- end }}
{{- if and .Values.prometheusRule.enabled (not (.Files.Glob "alerts/*.yaml")) }}
- prometheusRule.enabled: this chart has no alerts, so there is no PrometheusRule.
{{- end }}
{{- if and .Values.dashboards.enabled (not (.Files.Glob "dashboards/*.json")) }}
- dashboards.enabled: this chart has no dashboards.
{{- end }}
{{- if and .Values.tests.enabled (not $plan.testsRead) }}
- helm test {{ if $plan.testsHealth }}asks for health only{{ else }}does nothing{{ end }}: it needs a caller's certificate or token (tests.clientCertificateSecret, tests.token){{ if not $plan.proved }}, and reflection{{ end }}.
{{- end }}
{{- end }}
