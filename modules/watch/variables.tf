variable "notifier_url" {
  type        = string
  description = "The URL of the notifier."

  validation {
    condition     = can(regex("^https?://[^[:space:]]+$", var.notifier_url))
    error_message = "notifier_url must be a URL that starts with https://."
  }
}

variable "job_id" {
  type        = string
  description = "The job ID from CCE. Another job ID submits another job."
}

variable "project" {
  type        = string
  default     = null
  description = "A project of the notifier's config. The default is the notifier's default project."
}

variable "notify" {
  type        = list(string)
  default     = null
  description = "The names of the targets to notify. The default is the notifier's default targets."
}

variable "deadline_minutes" {
  type        = number
  default     = null
  description = "The number of minutes after which the watch ends as timed out."
}

variable "until" {
  type        = string
  default     = null
  description = "\"ready\" waits until what the job made is usable."

  validation {
    condition     = var.until == null || var.until == "ready"
    error_message = "until must be \"ready\" or null."
  }
}

variable "actor" {
  type        = string
  default     = null
  description = "Who started the job. Notifications show this text."
}

variable "pipeline" {
  type        = string
  default     = "terraform"
  description = "What started the job. Notifications show this text."
}

variable "run_url" {
  type        = string
  default     = null
  description = "The URL of the pipeline run."
}

variable "commit" {
  type        = string
  default     = null
  description = "The commit of the pipeline run."
}

variable "labels" {
  type        = map(string)
  default     = {}
  description = "Labels for the notifications."
}

variable "required" {
  type        = bool
  default     = false
  description = "true lets the apply fail if the notifier does not accept the job."
}
