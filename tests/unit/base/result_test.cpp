#include "shared/base/result.h"
#include "shared/base/system_error.h"

#include <cerrno>
#include <doctest/doctest.h>

using namespace perennial;

TEST_CASE("every error kind has a name and is found again by it")
{
    for (const auto kind :
        {ErrorKind::InvalidInput, ErrorKind::NotFound, ErrorKind::PermissionDenied,
            ErrorKind::Unavailable, ErrorKind::Conflict, ErrorKind::Corrupt, ErrorKind::Internal}) {
        CHECK(errorKindOf(nameOf(kind)) == kind);
    }
    CHECK(nameOf(ErrorKind::InvalidInput) == "invalid-input");
    CHECK_FALSE(errorKindOf("Internal"));
    CHECK_FALSE(errorKindOf(""));
}

TEST_CASE("an error names where it happened, outermost first")
{
    const Error error = Error{ErrorKind::Corrupt, "checksum differs"}.in("reading a.yaml");
    CHECK(error.kind == ErrorKind::Corrupt);
    CHECK(error.message == "reading a.yaml: checksum differs");
}

TEST_CASE("what errno said becomes the kind that tells the caller what to do")
{
    CHECK(systemError("x", ENOENT).kind == ErrorKind::NotFound);
    CHECK(systemError("x", EPERM).kind == ErrorKind::PermissionDenied);
    CHECK(systemError("x", EROFS).kind == ErrorKind::PermissionDenied);
    CHECK(systemError("x", EEXIST).kind == ErrorKind::Conflict);
    CHECK(systemError("x", ECONNREFUSED).kind == ErrorKind::Unavailable);
    CHECK(systemError("x", ENOSPC).kind == ErrorKind::Internal);
    CHECK(
        systemError("cannot write a", ENOSPC).message == "cannot write a: No space left on device");
}
