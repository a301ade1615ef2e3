{{- define "patron.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "patron.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "patron.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "patron.fullname" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end -}}

{{/* Labels of everything. Call with (dict "root" $ "role" "profile"). */}}
{{- define "patron.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: patron
{{ include "patron.selector" . }}
{{- end -}}

{{- define "patron.selector" -}}
app.kubernetes.io/name: {{ .root.Values.nameOverride | default .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .role }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{- define "patron.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "patron.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Names of the services that are on, sorted. */}}
{{- define "patron.services" -}}
{{- $on := list -}}
{{- range $name, $service := .Values.services -}}
{{- if $service.enabled -}}{{- $on = append $on $name -}}{{- end -}}
{{- end -}}
{{- $on | sortAlpha | toJson -}}
{{- end -}}

{{/* Volumes and mounts that every role has. */}}
{{- define "patron.volumes" -}}
- name: config
  configMap:
    name: {{ include "patron.fullname" . }}
- name: service-key
  secret:
    secretName: {{ .Values.access.serviceKeySecret.name }}
    items:
      - key: {{ .Values.access.serviceKeySecret.key }}
        path: service-key.pem
{{- with .Values.access.jwksConfigMap }}
- name: jwks
  configMap:
    name: {{ . }}
{{- end }}
{{- with .Values.access.policiesConfigMap }}
- name: policies
  configMap:
    name: {{ . }}
{{- end }}
{{- end -}}

{{- define "patron.mounts" -}}
- name: config
  mountPath: /etc/patron/config
  readOnly: true
- name: service-key
  mountPath: /etc/patron/service-key
  readOnly: true
{{- if .Values.access.jwksConfigMap }}
- name: jwks
  mountPath: /etc/patron/jwks
  readOnly: true
{{- end }}
{{- if .Values.access.policiesConfigMap }}
- name: policies
  mountPath: /etc/patron/policies
  readOnly: true
{{- end }}
{{- end -}}
