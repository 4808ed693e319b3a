{{- define "daybreak.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* The name of every object. `helm install daybreak` should not make it daybreak-daybreak. */ -}}
{{- define "daybreak.fullname" -}}
{{- $name := include "daybreak.name" . }}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- .Values.fullnameOverride | default $full | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "daybreak.selector" -}}
app.kubernetes.io/name: {{ include "daybreak.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end }}

{{- define "daybreak.labels" -}}
{{ include "daybreak.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "daybreak.serviceAccount" -}}
{{- $own := .Values.serviceAccount.create | ternary (include "daybreak.fullname" .) "default" }}
{{- .Values.serviceAccount.name | default $own }}
{{- end }}

{{- define "daybreak.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "daybreak.serviceAccount" . }}
    namespace: {{ .Release.Namespace }}
{{- end }}

{{- define "daybreak.image" -}}
{{- with .Values.image }}
{{- .repository }}{{ .digest | empty | ternary (printf ":%s" (.tag | default $.Chart.AppVersion)) (printf "@%s" .digest) }}
{{- end }}
{{- end }}

{{- /* The namespace that a namespaced controller watches. */ -}}
{{- define "daybreak.namespace" -}}
{{ .Values.configuration.namespace | default .Release.Namespace }}
{{- end }}

{{- define "daybreak.leaseName" -}}
{{- $lease := .Values.configuration.lease | default dict }}
{{- $lease.name | default (include "daybreak.fullname" .) }}
{{- end }}

{{- define "daybreak.port" -}}
{{ regexFind "[0-9]+$" .Values.configuration.listen }}
{{- end }}

{{- /* A store's volume in the pod. The prefix keeps it apart from the pod's other volumes. */ -}}
{{- define "daybreak.storeVolume" -}}
{{ printf "store-%s" . | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* What the controller reads: the values, and what only the chart knows. */ -}}
{{- define "daybreak.configuration" -}}
{{- if empty .Values.configuration.stores }}
{{- fail "configuration.stores: there is none; say where data lives, as README.md shows" }}
{{- end }}
{{- $known := dict "lease" (dict "name" (include "daybreak.leaseName" .)) }}
{{- if eq .Values.rbac.scope "Namespaced" }}
{{- $_ := set $known "namespace" (include "daybreak.namespace" .) }}
{{- else if .Values.configuration.namespace }}
{{- fail "configuration.namespace: one namespace is watched with rbac.scope Namespaced; write that, or leave the namespace out" }}
{{- end }}
{{- merge $known .Values.configuration | toPrettyJson }}
{{- end }}
