from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0043_size_notice'),
    ]

    operations = [
        migrations.AlterField(
            model_name='suggestionanswer',
            name='what',
            field=models.CharField(choices=[('team', 'Team'), ('assignee', 'Assignee'), ('category', 'Category'), ('company', 'Company'), ('priority', 'Priority'), ('tag', 'Tag'), ('field', 'Field'), ('closing', 'Close it'), ('ticket', 'Another ticket')], max_length=12),
        ),
    ]
