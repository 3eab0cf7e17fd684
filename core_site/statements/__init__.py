"""The office's pages: statements of partners by month, what is open of them, and revenue.

=========  =====================================================================
pages      the month of all partners, and one partner's statement with its lines
downloads  the statement as CSV and PDF
paying     the dialog that records what a partner has paid
revenue    sales by day, product and partner, with a chart
=========  =====================================================================
"""
