// What Swift sees of libarchive, which reads and writes tar.
#pragma once
#include <archive.h>
#include <archive_entry.h>

// Casted macros: Swift does not import them.
enum {
    ARCHIVE_FILE = AE_IFREG,
    ARCHIVE_DIRECTORY = AE_IFDIR,
    ARCHIVE_LINK = AE_IFLNK,
    ARCHIVE_CHARACTER = AE_IFCHR,
    ARCHIVE_BLOCK = AE_IFBLK,
    ARCHIVE_FIFO = AE_IFIFO,
    ARCHIVE_SOCKET = AE_IFSOCK
};
