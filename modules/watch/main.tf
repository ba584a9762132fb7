# Submits a CCE job to the notifier and does not wait for the job. Needs curl 7.76 and a POSIX shell.
#
# NOTIFIER_TOKEN comes from the environment of Terraform. With a sensitive variable, Terraform would suppress the output
# with the reason of a refusal. curl reads the token from stdin, because everybody on the machine can read the arguments
# of a process.
terraform {
  required_version = ">= 1.4"
}

locals {
  context = {
    actor    = var.actor
    pipeline = var.pipeline
    runUrl   = var.run_url
    commit   = var.commit
    labels   = length(var.labels) == 0 ? null : var.labels
  }
  fields = {
    jobId           = var.job_id
    project         = var.project
    notify          = var.notify
    deadlineMinutes = var.deadline_minutes
    until           = var.until
    context         = { for name, value in local.context : name => value if value != null }
  }
  body = jsonencode({ for name, value in local.fields : name => value if value != null })
}

resource "terraform_data" "watch" {
  triggers_replace = [var.job_id]

  provisioner "local-exec" {
    # The command is a constant, and every value is an environment variable. So no value becomes a part of the command.
    environment = {
      NOTIFIER_URL = trimsuffix(var.notifier_url, "/")
      BODY         = local.body
      REQUIRED     = var.required
    }
    # tr and sed remove characters and marks with which a response could give commands to a CI system.
    command = <<-EOT
      [ -n "$NOTIFIER_TOKEN" ] || { echo 'NOTIFIER_TOKEN is not set in the environment of Terraform' >&2; exit 2; }
      answer=$(printf 'authorization: Bearer %s\n' "$NOTIFIER_TOKEN" |
        curl -gsS --fail-with-body --retry 5 --max-time 60 -H @- -H 'content-type: application/json' \
          --data-raw "$BODY" "$NOTIFIER_URL/v1/jobs")
      code=$?
      printf '%s\n' "$answer" | LC_ALL=C tr -cd '\012\040-\176' | sed 's/#\(#[0-9A-Za-z_]*\[\)/# \1/g'
      [ "$REQUIRED" = true ] || exit 0
      exit $code
    EOT
  }
}
