# Hands a CCE job over to the notifier as soon as Terraform knows its ID. It does not wait, and an apply does not fail
# when nobody can be told; what the notifier then says is in the output. Needs curl 7.76 or newer.
#
# The token, NOTIFIER_TOKEN, comes from the environment that Terraform runs in. A sensitive variable would make Terraform
# suppress the output, and with it why a job was not taken. It goes to curl through stdin: arguments can be seen by
# everybody on the machine.
terraform {
  required_version = ">= 1.4"
}

variable "job_id" {
  type        = string
  description = "The job ID that CCE gave"
}

variable "notifier_url" {
  type = string
}

resource "terraform_data" "watch_cce_job" {
  triggers_replace = [var.job_id]

  provisioner "local-exec" {
    environment = {
      NOTIFIER_URL = var.notifier_url
      JOB_ID       = var.job_id
    }
    command    = <<-EOT
      [ -n "$NOTIFIER_TOKEN" ] || { echo 'NOTIFIER_TOKEN is not set where Terraform runs' >&2; exit 2; }
      printf 'authorization: Bearer %s\n' "$NOTIFIER_TOKEN" |
        curl -sS --fail-with-body --retry 5 --max-time 60 -H @- -H 'content-type: application/json' \
          -d "{\"jobId\":\"$JOB_ID\",\"context\":{\"pipeline\":\"terraform\"}}" "$NOTIFIER_URL/v1/jobs"
    EOT
    on_failure = continue
  }
}
