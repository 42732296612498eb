#include "shared/enrollment/xcep/oid_table.h"

#include "shared/enrollment/xcep/element_reader.h"

namespace perennial::enrollment::xcep {

Status OidTable::add(const soap::Element& oid)
{
    std::int32_t reference = 0;
    std::uint32_t group = 0;
    std::optional<std::string> defaultName;
    Oid read;
    Status status = ElementReader(oid)
                              .required("value", read.value, soap::readString)
                              .required("group", group, soap::readUnsignedInt)
                              .required("oIDReferenceID", reference, soap::readInt)
                              .optional("defaultName", defaultName, soap::readString)
                              .status();
    if (!status) return status;
    read.group = OidGroup{group};
    read.name = defaultName.value_or("");
    if (!oids_.emplace(reference, std::move(read)).second) {
        return Error{ErrorKind::InvalidInput,
            "oIDReferenceID " + std::to_string(reference) + " occurs twice"};
    }
    order_.push_back(reference);
    return {};
}

Status OidTable::find(const soap::Element& reference, Oid& place)
{
    const auto id = soap::readInt(reference);
    if (!id) return id.error();
    const auto found = oids_.find(*id);
    if (found == oids_.end()) {
        return Error{ErrorKind::InvalidInput,
            "reference to oID " + std::to_string(*id) + ", which is not there"};
    }
    referred_.insert(*id);
    place = found->second;
    return {};
}

std::vector<Oid> OidTable::neverReferred() const
{
    std::vector<Oid> rest;
    for (const std::int32_t reference : order_) {
        if (!referred_.contains(reference)) rest.push_back(oids_.at(reference));
    }
    return rest;
}

} // namespace perennial::enrollment::xcep
