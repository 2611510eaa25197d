"""One reader for every table a person brings: file, sheet, header row, columns, typed values."""
