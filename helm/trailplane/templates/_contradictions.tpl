{{/* Values that are right alone and wrong together. Each line is a key, what is wrong, and the fix; all are told at
     once. What is wrong inside `config` alone, `trailplane check-config` tells. */}}

{{- define "trailplane.contradictions" -}}
{{- $plan := include "trailplane.plan" . | fromYaml -}}
{{- $topic := list . $plan -}}
{{- range list "Required" "Owned" "Secrets" "Transport" "Identity" "Replicas" "Redis" "Volumes" "Monitoring" -}}
{{- include (printf "trailplane.contradictions%s" .) $topic -}}
{{- end -}}
{{- end }}

{{/* Whether a key is set under `config`: "true" or nothing. Takes the key and the context. */}}
{{- define "trailplane.isSet" -}}
{{- if get (include "trailplane.configured" . | fromYaml) "set" -}}true{{- end -}}
{{- end }}

{{- define "trailplane.contradictionsRequired" -}}
{{- $context := index . 0 }}
{{- if not (include "trailplane.isSet" (list "aws.regions" $context)) }}
config.aws.regions: nothing; set the Regions to look in, as in [eu-west-1, us-east-1]
{{- end }}
{{- $accounts := get (include "trailplane.configured" (list "fleet.accounts" $context) | fromYaml) "value" }}
{{- if not (or (include "trailplane.isSet" (list "aws.role_name" $context)) $accounts $context.Values.secrets.fleetAccounts.existingSecret) }}
config.aws.role_name: nothing; set the name of the role in the member accounts (docs/iam.md)
{{- end }}
{{- end }}

{{/* Keys of the configuration that the chart sets, and the values to use instead. */}}
{{- define "trailplane.ownedKeys" -}}
grpc.listen: grpc.port and listenAddress
admin.listen: admin.port and listenAddress
admin.insecure: nothing, it is set already
grpc.tls.cert_file: tls.existingSecret or certManager
grpc.tls.key_file: tls.existingSecret or certManager
grpc.tls.client_ca_file: tls.clientCertificates and tls.clientCaSecret
policy.directory: policies.existingConfigMap or policies.files
budget.redis.ca_file: secrets.redisCa
events.cache.directory: cache.volume
audit.file: audit.kind
audit.stdout: audit.kind and audit.copyToStdout
audit.key_file: secrets.auditKey
{{- end }}

{{/* Keys of the configuration that are secret, and the values that name their Secrets. */}}
{{- define "trailplane.secretKeys" -}}
cursor.keys: cursorKeys
aws.external_id: externalId
budget.redis.password: redisPassword
budget.redis.sentinel_password: redisSentinelPassword
{{- end }}

{{- define "trailplane.contradictionsOwned" -}}
{{- $context := index . 0 }}
{{- range $key, $instead := include "trailplane.ownedKeys" . | fromYaml }}
{{- if include "trailplane.isSet" (list $key $context) }}
config.{{ $key }}: is set by the chart; use {{ $instead }}
{{- end }}
{{- end }}
{{- range $context.Values.extraEnv }}
{{- if hasPrefix "TRAILPLANE_" .name }}
extraEnv: {{ .name }} is a key of the configuration; use config, or secrets
{{- end }}
{{- end }}
{{- if eq (int $context.Values.grpc.port) (int $context.Values.admin.port) }}
admin.port: the same as grpc.port; choose another
{{- end }}
{{- end }}

{{- define "trailplane.contradictionsSecrets" -}}
{{- $context := index . 0 }}
{{- $plan := index . 1 }}
{{- range $key, $instead := include "trailplane.secretKeys" . | fromYaml }}
{{- if include "trailplane.isSet" (list $key $context) }}
config.{{ $key }}: a secret is no value; put it into a Secret, and name that by secrets.{{ $instead }}.existingSecret
{{- end }}
{{- end }}
{{- $accounts := get (include "trailplane.configured" (list "fleet.accounts" $context) | fromYaml) "value" | default list }}
{{- range $i, $account := $accounts }}
{{- if hasKey $account "external_id" }}
config.fleet.accounts[{{ $i }}].external_id: a secret is no value; put the whole list into a Secret, and name that by secrets.fleetAccounts.existingSecret
{{- end }}
{{- end }}
{{- if and $accounts $context.Values.secrets.fleetAccounts.existingSecret }}
config.fleet.accounts: would be replaced by secrets.fleetAccounts; remove one of them
{{- end }}
{{- range $context.Values.extraEnv }}
{{- if has .name (list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN") }}
extraEnv: {{ .name }} is a static key; remove it, and use identity
{{- end }}
{{- end }}
{{- if and $plan.many (not $context.Values.secrets.cursorKeys.existingSecret) }}
secrets.cursorKeys.existingSecret: nothing, with more than one replica; name a Secret, because each replica would refuse the page tokens of the others
{{- end }}
{{- if and (eq $context.Values.audit.kind "off") $context.Values.secrets.auditKey.existingSecret }}
secrets.auditKey.existingSecret: there is no audit to seal; set audit.kind to file or stdout, or remove it
{{- end }}
{{- end }}

{{- define "trailplane.contradictionsTransport" -}}
{{- $values := (index . 0).Values }}
{{- $plan := index . 1 }}
{{- if and (not $plan.tls) (not $plan.insecure) }}
tls.existingSecret: nothing, and so no TLS; name a Secret, or set certManager.enabled: true, or, inside a mesh that does it, config.grpc.insecure: true
{{- end }}
{{- if and $plan.tls (not $plan.proved) (not $plan.insecure) }}
tls.clientCertificates: false, and so callers do not prove who they are; set it to true, or set config.grpc.tokens.issuers
{{- end }}
{{- if and (not $plan.policies) (not $plan.insecure) }}
policies.existingConfigMap: nothing, and so every caller could do everything; name a ConfigMap, or set policies.files (docs/access.md has some to begin with)
{{- end }}
{{- if and $values.policies.existingConfigMap $values.policies.files }}
policies.files: and policies.existingConfigMap; remove one of them
{{- end }}
{{- if and $values.certManager.enabled $values.tls.existingSecret }}
tls.existingSecret: and certManager.enabled; remove one of them
{{- end }}
{{- if and $values.certManager.enabled (not $values.certManager.issuerRef.name) }}
certManager.issuerRef.name: nothing; name the Issuer that signs
{{- end }}
{{- if and $values.certManager.enabled (le (include "trailplane.milliseconds" $values.certManager.duration | atoi) (include "trailplane.milliseconds" $values.certManager.renewBefore | atoi)) }}
certManager.renewBefore: not shorter than certManager.duration; make it a third of it
{{- end }}
{{- if and $values.tls.clientCaSecret (not $plan.certificates) }}
tls.clientCaSecret: callers cannot come by a certificate; set up TLS and tls.clientCertificates: true, or remove it
{{- end }}
{{- if and $values.tests.clientCertificateSecret (not $plan.certificates) }}
tests.clientCertificateSecret: callers cannot come by a certificate; set up TLS and tls.clientCertificates: true, or remove it
{{- end }}
{{- end }}

{{- define "trailplane.contradictionsIdentity" -}}
{{- $context := index . 0 }}
{{- $values := $context.Values }}
{{- $role := $values.identity.roleArn }}
{{- if eq $values.identity.kind "irsa" }}
{{- if and $values.serviceAccount.create (not $role) }}
identity.roleArn: nothing; set the role of the pods (docs/iam.md), or identity.kind: podIdentity
{{- end }}
{{- if and (not $values.serviceAccount.create) $role }}
identity.roleArn: would be on no ServiceAccount; set serviceAccount.create: true, or annotate yours and remove it
{{- end }}
{{- else if $role }}
identity.roleArn: is for identity.kind: irsa; remove it
{{- end }}
{{- if not (or $values.serviceAccount.create $values.serviceAccount.name) }}
serviceAccount.name: nothing; name the ServiceAccount, or set serviceAccount.create: true
{{- end }}
{{- $issuers := get (include "trailplane.configured" (list "grpc.tokens.issuers" $context) | fromYaml) "value" | default list }}
{{- range $i, $issuer := $issuers }}
{{- if and (hasPrefix "/var/run/secrets/kubernetes.io/" (toString $issuer.bearer_token_file)) (not $values.serviceAccount.automountToken) }}
serviceAccount.automountToken: false, and config.grpc.tokens.issuers[{{ $i }}].bearer_token_file is that token; set it to true
{{- end }}
{{- end }}
{{- end }}

{{- define "trailplane.contradictionsReplicas" -}}
{{- $context := index . 0 }}
{{- $values := $context.Values }}
{{- $plan := index . 1 }}
{{- $key := ternary "autoscaling.maxReplicas" "replicas" $values.autoscaling.enabled }}
{{- if and (eq $plan.store "embedded") $plan.many }}
config.budget.store: embedded, and {{ $key }} is {{ int $plan.most }}: each replica would spend all of each quota; set config.budget.redis.urls, or remove the store for a fixed part each, or set {{ $key }}: 1
{{- end }}
{{- $shares := include "trailplane.isSet" (list "budget.replicas" $context) }}
{{- if and $shares (not (and $values.autoscaling.enabled (eq $plan.store "redis"))) }}
config.budget.replicas: is set by the chart, but with autoscaling and Redis; use {{ $key }}
{{- else if and $shares (or (lt (int $plan.shares) (int $plan.fewest)) (gt (int $plan.shares) (int $plan.most))) }}
config.budget.replicas: {{ int $plan.shares }}; set it from autoscaling.minReplicas to autoscaling.maxReplicas, or remove it
{{- end }}
{{- if and $values.autoscaling.enabled (gt (int $plan.fewest) (int $plan.most)) }}
autoscaling.minReplicas: above autoscaling.maxReplicas; set it to {{ int $plan.most }} at most
{{- end }}
{{- if and $values.autoscaling.enabled (ne (int $values.replicas) 1) }}
replicas: is not looked at with autoscaling.enabled; remove it
{{- end }}
{{- if le (int $plan.grace) (int $plan.hardStop) }}
terminationGracePeriodSeconds: {{ int $plan.grace }}, and config.drain.hard_stop is {{ int $plan.hardStop }} s: a pod would be killed before it has ended; remove it, or set it above
{{- end }}
{{- end }}

{{- define "trailplane.contradictionsRedis" -}}
{{- $context := index . 0 }}
{{- $values := $context.Values }}
{{- $plan := index . 1 }}
{{- $urls := include "trailplane.isSet" (list "budget.redis.urls" $context) }}
{{- $mode := get (include "trailplane.configured" (list "budget.redis.mode" $context) | fromYaml) "value" | default "single" }}
{{- if and $values.valkey.enabled $urls }}
config.budget.redis.urls: and valkey.enabled; remove one of them
{{- end }}
{{- if and $values.valkey.enabled (ne $mode "single") }}
config.budget.redis.mode: {{ $mode }}, and valkey.enabled is one server; remove it
{{- end }}
{{- if and $values.valkey.enabled (include "trailplane.isSet" (list "budget.redis.username" $context)) }}
config.budget.redis.username: valkey.enabled has the default user alone; remove it
{{- end }}
{{- if and $values.valkey.enabled (not $values.secrets.redisPassword.existingSecret) }}
secrets.redisPassword.existingSecret: nothing, and valkey.enabled; name a Secret with a password for it
{{- end }}
{{- if and $values.valkey.enabled $values.secrets.redisCa.existingSecret }}
secrets.redisCa.existingSecret: valkey.enabled has no TLS; remove it
{{- end }}
{{- if and (eq $plan.store "redis") (not $values.valkey.enabled) (not $urls) }}
config.budget.redis.urls: nothing, and config.budget.store is redis; set them, or valkey.enabled: true
{{- end }}
{{- if and (ne $plan.store "redis") (or $urls $values.valkey.enabled) }}
config.budget.store: {{ $plan.store }}, and there is a Redis; remove it
{{- end }}
{{- if and (include "trailplane.isSet" (list "budget.redis.username" $context)) (not $values.secrets.redisPassword.existingSecret) }}
secrets.redisPassword.existingSecret: nothing, and config.budget.redis.username is set; name the Secret with its password
{{- end }}
{{- if and (include "trailplane.isSet" (list "budget.redis.sentinel_username" $context)) (not $values.secrets.redisSentinelPassword.existingSecret) }}
secrets.redisSentinelPassword.existingSecret: nothing, and config.budget.redis.sentinel_username is set; name the Secret with its password
{{- end }}
{{- if and $values.networkPolicy.enabled (eq $mode "sentinel") (not $values.networkPolicy.redis.ports) }}
networkPolicy.redis.ports: nothing, and the Sentinels lead to servers on another port; set it, as in [6379]
{{- end }}
{{- end }}

{{- define "trailplane.contradictionsVolumes" -}}
{{- $context := index . 0 }}
{{- $values := $context.Values }}
{{- $plan := index . 1 }}
{{- if and $plan.auditFile $plan.many (not (has "ReadWriteMany" $values.audit.volume.accessModes)) }}
audit.volume.accessModes: not ReadWriteMany, and there is more than one replica; set [ReadWriteMany], on a storage class that can, or audit.kind: stdout
{{- end }}
{{- if and $values.audit.copyToStdout (not $plan.auditFile) }}
audit.copyToStdout: there is no file to copy; set audit.kind: file, or remove it
{{- end }}
{{- if $plan.disk }}
{{- if and $plan.many (eq $values.cache.volume "claim") }}
cache.volume: claim, and there is more than one replica, each with a cache of its own; set ephemeral or emptyDir
{{- end }}
{{- if and $values.cache.existingClaim (ne $values.cache.volume "claim") }}
cache.existingClaim: is for cache.volume: claim; set that, or remove it
{{- end }}
{{- $most := include "trailplane.bytes" (get (include "trailplane.configured" (list "events.cache.max_bytes" $context) | fromYaml) "value" | default "16MiB") | atoi }}
{{- if le (include "trailplane.bytes" $values.cache.size | atoi) $most }}
cache.size: {{ $values.cache.size }}, not above config.events.cache.max_bytes; make it a fifth larger than that
{{- end }}
{{- else if or $values.cache.existingClaim (ne $values.cache.volume "emptyDir") }}
cache.volume: the cache is not on a disk; set config.events.cache.kind: disk, or remove it
{{- end }}
{{- end }}

{{- define "trailplane.contradictionsMonitoring" -}}
{{- $values := (index . 0).Values }}
{{- if and $values.serviceMonitor.enabled $values.networkPolicy.enabled (not $values.networkPolicy.adminFrom) }}
networkPolicy.adminFrom: nothing, and so Prometheus could not come in; name its pods, as in [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]
{{- end }}
{{- end }}
