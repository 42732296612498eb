// What a 401 offers: Negotiate among other schemes, with and without a token.

#include "plugins/ces_issuer/negotiation.h"

#include <doctest/doctest.h>

using namespace perennial::plugins;

TEST_CASE("Negotiate is seen where it is offered, in any letter case, and nowhere else")
{
    for (const std::string bare : {"Negotiate", "negotiate", "NTLM, Negotiate", "NEGOTIATE, NTLM",
             "Basic realm=\"x\", Negotiate", "Basic realm=\"a, b\" , \tNegotiate ,"})
        CHECK_MESSAGE(negotiateIn(bare) == "", bare);
    CHECK(negotiateIn("Negotiate YIIC8A==") == "YIIC8A==");
    CHECK(negotiateIn("NTLM, Negotiate  YIIC8A== , Basic realm=\"x\"") == "YIIC8A==");
    CHECK(negotiateIn("Negotiate, Negotiate YIIC") == "");
    for (const std::string none : {"", ",", "NTLM", "Negotiated", "Basic realm=\"Negotiate\"",
             "Basic realm=\"x, Negotiate\"", "Basic realm=\"\\\", Negotiate\"",
             "Basic realm=\", Negotiate", "X-Negotiate", "Basic realm=\"\\"})
        CHECK_MESSAGE(!negotiateIn(none).has_value(), none);
}
