#include "controller/cli/command_line.h"
#include "shared/base/environment.h"
#include "shared/base/signals.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <unistd.h>

using namespace perennial;

int main(int argc, char** argv)
{
    // A reader who leaves (`| head`) shows as a failed write; a server that hangs up ends nothing.
    (void)std::signal(SIGPIPE, SIG_IGN);
    hardenProcess();
    const PosixFileSystem files;
    const SystemClock clock;
    cli::Surroundings around{std::cout, std::cerr, files, clock,
        inspectTerminal(STDOUT_FILENO, environmentOf("NO_COLOR"), environmentOf("TERM")), {}};
    around.places.environment = environmentOf("PERENNIAL_CONFIG");
    around.places.home = environmentOf("HOME");
    return cli::runCommandLine({argv + std::min(argc, 1), argv + argc}, around);
}
