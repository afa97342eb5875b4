{{/* Where the pods may go besides AWS and the resolver. */}}

{{/* Where the pods get their AWS credentials. IRSA needs nothing but HTTPS. */}}
{{- define "trailplane.identityEgress" -}}
{{- if eq .Values.identity.kind "podIdentity" -}}
# The agent of EKS Pod Identity, on the node.
- to:
    - ipBlock: {cidr: 169.254.170.23/32}
    - ipBlock: {cidr: "fd00:ec2::23/128"}
  ports:
    - {port: 80, protocol: TCP}
{{- else if eq .Values.identity.kind "node" -}}
# The node's metadata service.
- to:
    - ipBlock: {cidr: 169.254.169.254/32}
    - ipBlock: {cidr: "fd00:ec2::254/128"}
  ports:
    - {port: 80, protocol: TCP}
{{- end -}}
{{- end }}

{{/* The store: the Valkey of this release, or the ports of the configured URLs. */}}
{{- define "trailplane.redisEgress" -}}
{{- if .Values.valkey.enabled -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "trailplane.selector" (list . "valkey") | nindent 10 }}
  ports:
    - {port: 6379, protocol: TCP}
{{- else -}}
{{- $ports := list -}}
{{- range get (include "trailplane.configured" (list "budget.redis.urls" .) | fromYaml) "value" -}}
{{- $ports = append $ports (regexFind "[0-9]+$" (toString .) | atoi) -}}
{{- end -}}
{{- range .Values.networkPolicy.redis.ports -}}
{{- $ports = append $ports (int .) -}}
{{- end -}}
- ports:
    {{- range $ports | uniq }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- with .Values.networkPolicy.redis.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end }}
