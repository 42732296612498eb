#pragma once

#include <functional>
#include <string>
#include <vector>

namespace perennial::test {

// Runs `body` in a child process and looks then, from outside, through all memory that the child
// may write: how often one of the texts is there. `textsOf` is called after the body has ended, in
// this process, which must not have known them before: the child is a copy of it. Fails the test
// when nothing can be looked at.
std::size_t timesInMemoryAfter(
    const std::function<void()>& body, const std::function<std::vector<std::string>()>& textsOf);

} // namespace perennial::test
