"""The office's pages: statements of partners by month, what is open of them, and revenue.

=========  =====================================================================
pages      the month of all partners, and one partner's statement with its lines
open_page  what is open of all months, by partner, month and statement
downloads  the statement as CSV and PDF, a month's statements as CSV and XLSX
forms      a partner's payment, and the days of the page of revenue
revenue    sales by day, product and partner, with charts (``revenue_charts``) and as CSV and XLSX
=========  =====================================================================
"""
