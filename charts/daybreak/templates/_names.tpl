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

{{- /* Where the keys of a store are mounted, and a volume in the pod for them. */ -}}
{{- define "daybreak.credentials" -}}
/var/run/secrets/daybreak/stores/{{ . }}
{{- end }}

{{- define "daybreak.credentialsVolume" -}}
{{ printf "keys-%s" . | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "daybreak.notificationsName" -}}
{{ include "daybreak.fullname" . | trunc 49 | trimSuffix "-" }}-notifications
{{- end }}

{{- /* Says yes where logs need room on the node: the archive is in a service, and nobody else mounts a volume there. */ -}}
{{- define "daybreak.spools" -}}
{{- $archive := .Values.configuration.archive | default dict }}
{{- $name := $archive.store | default (keys .Values.configuration.stores | first) }}
{{- $store := get .Values.configuration.stores $name | default dict }}
{{- $mounts := list }}
{{- range .Values.extraVolumeMounts }}
{{- $mounts = append $mounts .mountPath }}
{{- end }}
{{- if and $store.url (not (has "/tmp" $mounts)) }}yes{{ end }}
{{- end }}

{{- /* The stores as far as only the chart knows them: where it mounts their keys. */ -}}
{{- define "daybreak.stores" -}}
{{- range $name, $store := .Values.configuration.stores }}
{{- if and $store.url (or $store.directory $store.volumeClaim) }}
{{- fail (printf "configuration.stores.%s.url: it has a directory or a volumeClaim as well; a store is a volume or a service" $name) }}
{{- else if and $store.credentials (not $store.url) }}
{{- fail (printf "configuration.stores.%s.credentials: a volume needs none; leave them out" $name) }}
{{- end }}
{{- end }}
{{- $stores := dict }}
{{- range $name, $_ := .Values.storeCredentials }}
{{- $store := get $.Values.configuration.stores $name }}
{{- if not (and $store $store.url) }}
{{- fail (printf "storeCredentials.%s: no store of this name has a url; write one of configuration.stores" $name) }}
{{- else if $store.credentials }}
{{- fail (printf "configuration.stores.%s.credentials: storeCredentials.%s mounts them already; leave one of both out" $name $name) }}
{{- end }}
{{- $_ := set $stores $name (dict "credentials" (include "daybreak.credentials" $name)) }}
{{- end }}
{{- $stores | toJson }}
{{- end }}

{{- /* What the controller reads: the values, and what only the chart knows. */ -}}
{{- define "daybreak.configuration" -}}
{{- if empty .Values.configuration.stores }}
{{- fail "configuration.stores: there is none; say where data lives, as README.md shows" }}
{{- end }}
{{- $archive := dig "archive" "store" "" .Values.configuration }}
{{- if and $archive (not (hasKey .Values.configuration.stores $archive)) }}
{{- fail (printf "configuration.archive.store: there is no store %s; write one of %s" $archive (keys .Values.configuration.stores | sortAlpha | join ", ")) }}
{{- end }}
{{- $known := dict "lease" (dict "name" (include "daybreak.leaseName" .)) }}
{{- if eq .Values.rbac.scope "Namespaced" }}
{{- $_ := set $known "namespace" (include "daybreak.namespace" .) }}
{{- else if .Values.configuration.namespace }}
{{- fail "configuration.namespace: one namespace is watched with rbac.scope Namespaced; write that, or leave the namespace out" }}
{{- end }}
{{- $_ := set $known "stores" (include "daybreak.stores" . | fromJson) }}
{{- if .Values.notifications.enabled }}
{{- if .Values.configuration.notifications }}
{{- fail "configuration.notifications: `notifications.enabled` fills it in; leave one of both out" }}
{{- end }}
{{- /* The addresses of all of one family, as `listen` says. */}}
{{- $listen := regexReplaceAll "[0-9]+$" .Values.configuration.listen (.Values.notifications.port | int | toString) }}
{{- $token := "/var/run/secrets/daybreak/notifications/token" }}
{{- $_ := set $known "notifications" (dict "listen" $listen "tokenFile" $token "service" (include "daybreak.notificationsName" .)) }}
{{- end }}
{{- merge $known .Values.configuration | toPrettyJson }}
{{- end }}
