"""Exports: any list of the admin as CSV or XLSX, by its own filters, each on record.

========  =======================================================================
views     ``ListExportMixin`` of every ``ModelAdmin``: the buttons and the download
tables    the download of a page's own table
columns   what a file holds of a list: what the page shows, then the rows' columns
csv_file  CSV while rows are read
xlsx      XLSX while rows are read: sheets in a streamed ZIP archive
models    who exported which list, by which filters, how many rows
========  =======================================================================
"""
