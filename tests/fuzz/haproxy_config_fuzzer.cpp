// HAProxy's configuration and a crt-list, from one text to the names that are asked for.

#include "plugins/haproxy_discovery/bind_line.h"
#include "plugins/haproxy_discovery/crt_list.h"
#include "plugins/haproxy_discovery/name_choice.h"
#include "shared/base/file_system.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::haproxy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = fuzz::textOf(data, size);
    Discovery found;
    const auto limits = fuzz::noFiles();
    const PosixFileSystem files;
    ConfigReader reader(files, found, "/nowhere", {{"PORT", "443"}}, limits);
    for (const auto& statement : reader.parse(text, "/nowhere/haproxy.cfg").statements)
        (void)parseBind(statement, found);
    const auto lines = parseCrtList(text);
    if (!lines) return 0;
    NameChoice choice(text.size() % 2 == 0);
    for (const auto& line : *lines)
        choice.add(line.names, line.line % 2 == 0);
    for (std::size_t i = 0; i < lines->size(); ++i)
        (void)choice.nameFor(i);
    return 0;
}
