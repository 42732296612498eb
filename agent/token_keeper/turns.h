#pragma once

#include "shared/base/file_descriptor.h"
#include "shared/base/result.h"

namespace perennial::token_keeper {

// One child at a time looks at the token's keys and changes them: what one has found is so until
// it has answered. Held against the keeper's own children only; no file is there that somebody else
// could lock. Not inherited by fork, and given back by the kernel at the holder's end.
class Turns {
public:
    static Result<Turns> make();
    Status take() const; // waits
    void giveBack() const;

private:
    explicit Turns(FileDescriptor file) : file_(std::move(file)) {}
    Status ask(short type) const;

    FileDescriptor file_; // without a name
};

} // namespace perennial::token_keeper
