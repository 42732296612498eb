#include "plugins/kubernetes_discovery/document.h"
#include "plugins/kubernetes_discovery/kubeconfig.h"
#include "plugins/kubernetes_discovery/static_pod.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::kubernetes;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    auto text = fuzz::textOf(data, size);
    hideKeys(text);
    auto documents = yaml::parseAll(text, "/nowhere/config");
    if (!documents) return 0;
    Discovery found;
    for (auto& document : *documents) {
        addKubeconfig(document, "/nowhere/config", found);
        addStaticPod(document, "/nowhere/config", found);
        wipe(document);
    }
    return 0;
}
