import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_companies'),
        ('ticketing', '0034_log_batches'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhook',
            name='first_position',
            field=models.BigIntegerField(default=0),
        ),
        migrations.CreateModel(
            name='BringingOver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('stopped', 'Stopped')], default='running', max_length=8)),
                ('total', models.PositiveIntegerField(default=0)),
                ('handed_over', models.PositiveIntegerField(default=0)),
                ('reached_id', models.BigIntegerField(default=0)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('webhook', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='bringing_over', to='ticketing.webhook')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
    ]
