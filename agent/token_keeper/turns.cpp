#include "agent/token_keeper/turns.h"

#include "shared/base/system_error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>

namespace perennial::token_keeper {

Result<Turns> Turns::make()
{
    FileDescriptor file(::memfd_create("perennial-token-keeper-turns", MFD_CLOEXEC));
    if (!file) return systemError("cannot make a lock", errno);
    return Turns(std::move(file));
}

// A record lock belongs to the process, where flock would belong to what all children inherit.
Status Turns::ask(short type) const
{
    struct flock whole {};
    whole.l_type = type;
    whole.l_whence = SEEK_SET;
    while (::fcntl(file_.get(), F_SETLKW, &whole) != 0) {
        if (errno != EINTR) return systemError("cannot lock", errno);
    }
    return {};
}

Status Turns::take() const { return ask(F_WRLCK); }

void Turns::giveBack() const { (void)ask(F_UNLCK); }

} // namespace perennial::token_keeper
