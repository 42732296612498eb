#include "agent/nss_helper/nss_store.h"
#include "shared/base/signals.h"
#include "shared/x509/key_memory.h"

#include <iostream>
#include <iterator>

using namespace perennial;

// docs/exec_helpers.md: one request on standard input, one answer on standard output.
int main(int argc, char** argv)
{
    hardenProcess();
    prepareSignals();
    x509::lockKeyMemory(x509::keyMemoryOfAProgram);
    const std::string argument = argc == 2 ? argv[1] : "";
    if (argc > 2 || argument.starts_with('-')) {
        std::cerr << "perennial-nss-helper [FILE WITH THE DATABASE'S PASSWORD]: started by "
                     "perennial-installer, where guard.yaml names it as a store's helper\n";
        return 2;
    }
    std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    const Secret input(std::move(text));
    auto request = model::helperRequestFromJson(input.reveal());
    if (!request) {
        std::cerr << request.error().message << '\n';
        return 2;
    }
    PosixFileSystem files(PosixFileSystem::Links::Refuse);
    const auto verb = request->verb;
    const auto answer = model::toJson(verb, nss::NssStore(files, argument).answer(*request));
    std::cout << answer.reveal() << std::flush;
    return std::cout ? 0 : 1;
}
