#include "shared/yaml/strict_yaml.h"

#include <cstddef>
#include <cstdint>

using namespace perennial::yaml;

namespace {

// Asks every value of the tree in every way.
void readAll(Reader reader, const Value& mapping)
{
    for (const auto& [key, value] : mapping.mapping) {
        (void)reader.lineOf(key);
        switch (value.kind) {
        case Value::Kind::Mapping:
            (void)Reader(value, "nested").textMapOr(key);
            readAll(reader.mapping(key), value);
            break;
        case Value::Kind::Sequence: (void)reader.textsOr(key, {}); break;
        default:
            (void)Reader(mapping, "again").integerOr(key, 0);
            (void)Reader(mapping, "again").durationOr(key, {});
            (void)reader.textOr(key, {});
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)parseAll(text, "fuzz.yaml");
    const auto value = parse(text, "fuzz.yaml");
    if (value) {
        const Reader reader(*value, "fuzz.yaml");
        readAll(reader, *value);
        (void)reader.finish();
    }
    return 0;
}
