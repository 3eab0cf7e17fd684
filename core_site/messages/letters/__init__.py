"""Letters to guests: the words of each language, dates and money as it writes them, the e-mail.

{en,de,pt}.toml   the words, one file for each language, with the same placeholders
translations      reads them, and refuses at start what is missing in one of them
formats           dates, times, zones and money by the guest's locale (Babel)
letter            what a letter of each kind says, from a booking
surroundings      what else a letter needs: the supplier and its notes, meeting point, balance
email             the letter as an e-mail: text, HTML, QR codes attached
sample            an invented booking, for the preview
"""
