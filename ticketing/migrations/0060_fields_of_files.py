"""A field can hold files of the ticket's messages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0059_troubles_apart")]

    operations = [
        migrations.AlterField(
            "ticketfield",
            "kind",
            models.CharField(
                choices=[
                    ("text", "One line of text"),
                    ("long_text", "Several lines of text"),
                    ("number", "Number"),
                    ("date", "Date"),
                    ("yes_no", "Yes or no"),
                    ("choice", "One of several words"),
                    ("choices", "Any of several words"),
                    ("files", "Files of its messages"),
                ],
                max_length=10,
            ),
        ),
    ]
