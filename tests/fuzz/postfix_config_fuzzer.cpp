// main.cf, a zero byte, master.cf.

#include "plugins/postfix_discovery/tls_services.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::postfix;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = fuzz::textOf(data, size);
    const auto cut = text.find('\0');
    const auto master = cut == std::string::npos ? std::string() : text.substr(cut + 1);
    Discovery found;
    const auto limits = fuzz::noFiles();
    const PosixFileSystem system;
    ConfigFiles files(system, limits, found.configuration);
    const auto main = Parameters::from(text.substr(0, cut), "/nowhere/main.cf", found);
    const auto services = servicesOf(master, "/nowhere/master.cf", found);
    for (const auto& service : tlsServicesOf(main, services, files, found)) {
        for (const auto& pair : service.pairs)
            addPlace(pair, "postfix", service.listeners, {}, found);
    }
    return 0;
}
