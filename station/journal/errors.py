"""Why a journal cannot be used.

JournalError
├── InUseError          another process has it open for writing
├── NewerSchemaError    written by a newer version of the software: left alone
├── NotAJournalError    a sound database of something else: left alone
├── MigrationError      a step to a newer schema failed: the file is as it was
└── DamagedError        the file is broken: it is set aside and a new one begun
"""


class JournalError(Exception):
    """The journal cannot be used; the text says which file and why."""


class InUseError(JournalError):
    pass


class NewerSchemaError(JournalError):
    pass


class NotAJournalError(JournalError):
    pass


class MigrationError(JournalError):
    pass


class DamagedError(JournalError):
    pass
