import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_business_hours'),
        ('mailboxes', '0045_suppression'),
    ]

    operations = [
        migrations.CreateModel(
            name='BackFill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source_generation', models.PositiveIntegerField()),
                ('since', models.DateTimeField()),
                ('before', models.DateTimeField()),
                ('state', models.CharField(choices=[('counting', 'Counting'), ('counted', 'Counted'), ('wanted', 'Wanted'), ('done', 'Done')], default='counting', max_length=8)),
                ('listed', models.PositiveIntegerField(null=True)),
                ('missing', models.PositiveIntegerField(null=True)),
                ('asked_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.membership')),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='back_fills', to='mailboxes.mailbox')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'mailbox'), name='back_fill_once')],
            },
        ),
    ]
