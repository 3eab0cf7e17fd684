"""Optimistic locking of admin pages: a page changed by others since it was opened is not saved.

    page opened ──▶ carries a version ──▶ sent ──▶ compared with the stored row, under a lock
                                                    ├── equal: saved
                                                    ├── different: refused once, with the changes
                                                    └── row deleted: 410, with what was typed

saves               change pages of rows
deletions           the page that confirms a deletion
gone                the answer 410 to the save of a row that was deleted meanwhile
dialogs             confirmation pages whose forms begin with stored values
versions            the signed values that a page showed
changes_meanwhile   describes what was changed, by whom and when
resubmission        shows a refused page again with what was typed
"""
