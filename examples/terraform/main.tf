# Submits a CCE job to the notifier and does not wait for the job. Replace the address by the address of your copy of this
# repository. NOTIFIER_TOKEN comes from the environment of Terraform.
variable "job_id" {
  type        = string
  description = "The job ID from CCE"
}

module "watch" {
  source       = "git::https://git.example.com/cce-job-notifier.git//modules/watch?ref=v0.2.0"
  notifier_url = "https://notifier.example.com"
  job_id       = var.job_id
  project      = "prod"
  labels       = { stack = "network" }
}
