"""Who writes while email to ticket is off can be told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0060_fields_of_files")]

    operations = [
        migrations.AlterField(
            "automaticanswer",
            "cause",
            models.CharField(
                choices=[
                    ("acknowledgement", "Acknowledgement"),
                    ("not_worked", "Notice that nobody works on mail to this address"),
                    ("switched_off", "Notice that email to ticket is off"),
                    ("refused", "Notice that the mail was not accepted"),
                    ("too_large", "Notice that the mail was too large"),
                    ("canned", "Answer by a rule"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            "answertext",
            "kind",
            models.CharField(
                choices=[
                    ("acknowledgement", "Acknowledgement"),
                    ("outside_hours", "Acknowledgement outside business hours"),
                    ("not_worked", "Nobody works on mail to this address"),
                    ("switched_off", "Email to ticket is off"),
                    ("refused", "The mail was not accepted"),
                    ("too_large", "The mail was too large"),
                ],
                max_length=16,
            ),
        ),
    ]
