{{/* Durations of Trailplane ("1m30s") and sizes, as numbers. */}}

{{/* Milliseconds of a duration. */}}
{{- define "trailplane.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 -}}
{{- $total := 0 -}}
{{- range regexFindAll "[0-9]+(ms|s|m|h|d)" (toString .) -1 -}}
{{- $number := regexFind "^[0-9]+" . | atoi -}}
{{- $total = add $total (mul $number (get $units (regexFind "[a-z]+$" .))) -}}
{{- end -}}
{{- $total -}}
{{- end }}

{{/* Seconds of a duration, rounded up. */}}
{{- define "trailplane.seconds" -}}
{{- div (add (include "trailplane.milliseconds" . | atoi) 999) 1000 -}}
{{- end }}

{{/* Bytes of a size: of Trailplane ("64MiB"), or of Kubernetes ("2Gi", "500M"). */}}
{{- define "trailplane.bytes" -}}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $text := ternary (printf "%.0f" .) (toString .) (kindIs "float64" .) | trimSuffix "B" -}}
{{- mul (regexFind "^[0-9]+" $text | atoi) (get $units (regexFind "[A-Za-z]*$" $text) | default 0) -}}
{{- end }}
