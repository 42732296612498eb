#pragma once

#include "agent/nss_helper/nss_tools.h"
#include "shared/base/file_system.h"
#include "shared/model/helper_message.h"

namespace perennial::nss {

// A helper's verbs for a folder with an NSS database; an entry is a nickname. All work is done on a
// copy beside the database. Then its two files take the place of the old ones, the keys first: they
// are those of before and the new one, so whoever opens the database in between finds the key to
// either certificate. The key that is not wanted any more goes afterwards, by the same way.
class NssStore {
public:
    NssStore(FileSystem& files, std::string passwordFile)
        : files_(files), passwordFile_(std::move(passwordFile))
    {
    }
    model::HelperAnswer answer(const model::HelperRequest& request);

private:
    using Request = model::HelperRequest;
    struct Seen; // the files of the database at the start
    Result<model::HelperAnswer> perform(const Request& request);
    Status test(const Request& request);
    Status install(const Request& request);
    Status rollBack(const Request& request);
    Status putPair(const Request& request);
    Status dropKey(const Request& request);

    Result<Seen> copy(const Request& request);
    Status replaceWithCopy(
        const Request& request, const Seen& seen, const std::vector<const char*>& names);
    Status removeCopy(const Request& request);
    std::filesystem::path copyOf(const Request& request) const
    {
        return std::filesystem::path(request.folder) / ".perennial-nss";
    }

    FileSystem& files_;
    std::string passwordFile_;
};

} // namespace perennial::nss
