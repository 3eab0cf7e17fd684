from django.apps import AppConfig


class SalesRollupConfig(AppConfig):
    name = "core_site.sales_rollup"
    label = "sales_rollup"
    verbose_name = "roll-up of sales"
