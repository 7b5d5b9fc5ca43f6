import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0010_integrations'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='integration',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='ticketing.integration'),
        ),
        migrations.AddField(
            model_name='ticketevent',
            name='integration',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='ticketing.integration'),
        ),
    ]
