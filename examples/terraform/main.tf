# Submits a CCE job to the notifier and does not wait for the job. An apply does not fail if the notifier refuses the job.
# After a refusal, the output of Terraform contains the reason. Needs curl 7.76 or newer.
#
# NOTIFIER_TOKEN comes from the environment of Terraform. With a sensitive variable, Terraform would suppress the output
# with the reason. curl reads the token from stdin, because everybody on the machine can read the arguments of a process.
terraform {
  required_version = ">= 1.4"
}

variable "job_id" {
  type        = string
  description = "The job ID from CCE"
}

variable "notifier_url" {
  type = string
}

resource "terraform_data" "watch_cce_job" {
  triggers_replace = [var.job_id]

  provisioner "local-exec" {
    environment = {
      NOTIFIER_URL = var.notifier_url
      BODY         = jsonencode({ jobId = var.job_id, context = { pipeline = "terraform" } })
    }
    # The last line of the command removes characters and marks with which a response could give commands to a CI system.
    command    = <<-EOT
      [ -n "$NOTIFIER_TOKEN" ] || { echo 'NOTIFIER_TOKEN is not set in the environment of Terraform' >&2; exit 2; }
      answer=$(printf 'authorization: Bearer %s\n' "$NOTIFIER_TOKEN" |
        curl -sS --fail-with-body --retry 5 --max-time 60 -H @- -H 'content-type: application/json' \
          --data-raw "$BODY" "$NOTIFIER_URL/v1/jobs")
      code=$?
      printf '%s\n' "$answer" | LC_ALL=C tr -cd '\012\040-\176' | sed 's/#\(#[0-9A-Za-z_]*\[\)/# \1/g'
      exit $code
    EOT
    on_failure = continue
  }
}
