#include "controller/enrollment/web/pages.h"

#include <algorithm>
#include <array>

namespace perennial::enrollment::server::web {

namespace {

Html keysOf(const CertificateTemplate& offered)
{
    Html html;
    bool first = true;
    for (const auto& algorithm : offered.keyAlgorithms) {
        if (!first) html.markup(", ");
        first = false;
        html.text(algorithm);
        if (algorithm == "rsa")
            html.markup(" (").number(offered.minimumRsaBits).markup(" bits or more)");
    }
    return html;
}

Html whereFrom(const CertificateTemplate& offered)
{
    Html html;
    if (!offered.subjectSupplied) return html.markup("built from your account");
    bool first = true;
    for (const auto& pattern : offered.namePatterns) {
        if (!first) html.markup(", ");
        first = false;
        html.text(pattern);
    }
    return html;
}

Html templateTable(const Offered& templates)
{
    Html html("<div class=\"scroll\">\n<table>\n<caption>Templates that you may use</caption>\n"
              "<thead><tr><th scope=\"col\">Template</th><th scope=\"col\">Keys</th><th "
              "scope=\"col\">Names</th>"
              "<th scope=\"col\">Valid for</th><th scope=\"col\">Decided by</th></tr></thead>\n"
              "<tbody>\n");
    for (const auto* offered : templates) {
        html.markup("<tr><td>").text(offered->displayName).markup("<br><code>").text(offered->name);
        html.markup("</code></td><td>").add(keysOf(*offered)).markup("</td><td>");
        html.add(whereFrom(*offered)).markup("</td><td>");
        html.text(perennial::toText(offered->validity)).markup("</td><td>");
        if (offered->managerApproval)
            html.markup("a certificate manager");
        else
            html.markup("the template's rules, at once");
        html.markup("</td></tr>\n");
    }
    return html.markup("</tbody>\n</table>\n</div>\n");
}

struct KeyChoice {
    Literal value;
    Literal option;
};

Html keyChoice(const Offered& templates)
{
    constexpr std::array<KeyChoice, 5> choices = {{
        {"ec-p256", "<option value=\"ec-p256\">Elliptic curve, P-256</option>\n"},
        {"ec-p384", "<option value=\"ec-p384\">Elliptic curve, P-384</option>\n"},
        {"rsa-2048", "<option value=\"rsa-2048\">RSA, 2048 bits</option>\n"},
        {"rsa-3072", "<option value=\"rsa-3072\">RSA, 3072 bits</option>\n"},
        {"rsa-4096", "<option value=\"rsa-4096\">RSA, 4096 bits</option>\n"},
    }};
    Html html("<div class=\"field\">\n<label for=\"KeyType\">Kind and size of the key</label>\n"
              "<select name=\"KeyType\" id=\"KeyType\" aria-describedby=\"key-hint\">\n");
    for (const auto& choice : choices) {
        const std::string type(choice.value.view());
        if (std::any_of(templates.begin(), templates.end(),
                [&](const auto* offered) { return offered->allowsKey(type); }))
            html.markup(choice.option);
    }
    return html.markup(
        "</select>\n<p class=\"hint\" id=\"key-hint\">What each template allows is in "
        "the table below.</p>\n</div>\n");
}

Html templateNames(const Offered& templates)
{
    Html html("<div class=\"field\">\n<label for=\"Template\">Certificate template</label>\n"
              "<select name=\"Template\" id=\"Template\">\n");
    for (const auto* offered : templates) {
        html.markup("<option value=\"").text(offered->name).markup("\">");
        html.text(offered->displayName).markup("</option>\n");
    }
    return html.markup("</select>\n</div>\n");
}

constexpr Literal nameFields =
    "<fieldset>\n<legend>Names</legend>\n<div class=\"field\">\n"
    "<label for=\"CommonName\">Common name</label>\n<input type=\"text\" id=\"CommonName\" "
    "name=\"CommonName\" maxlength=\"64\" autocomplete=\"off\" spellcheck=\"false\">\n</div>\n"
    "<div class=\"field\">\n<label for=\"DnsNames\">DNS names</label>\n<textarea id=\"DnsNames\" "
    "name=\"DnsNames\" rows=\"3\" autocomplete=\"off\" spellcheck=\"false\" "
    "aria-describedby=\"dns-hint\"></textarea>\n<p class=\"hint\" id=\"dns-hint\">One a line. The "
    "common name of a server belongs here too.</p>\n</div>\n<div class=\"field\">\n"
    "<label for=\"IpAddresses\">IP addresses</label>\n<textarea id=\"IpAddresses\" "
    "name=\"IpAddresses\" rows=\"2\" autocomplete=\"off\" spellcheck=\"false\" "
    "aria-describedby=\"ip-hint\"></textarea>\n<p class=\"hint\" id=\"ip-hint\">IPv4 or IPv6, one "
    "a "
    "line.</p>\n</div>\n<p class=\"hint\">Leave all three empty where the template builds the "
    "names "
    "from your account: account names (UPN) come in no other way.</p>\n</fieldset>\n";

constexpr Literal furtherFields =
    "<fieldset>\n<legend>Advanced options</legend>\n<div class=\"field\">\n"
    "<label for=\"Hash\">Hash of the request's signature</label>\n<select name=\"Hash\" "
    "id=\"Hash\">\n"
    "<option value=\"\">As the template says</option>\n<option value=\"sha256\">SHA-256</option>\n"
    "<option value=\"sha384\">SHA-384</option>\n<option "
    "value=\"sha512\">SHA-512</option>\n</select>\n"
    "</div>\n<div class=\"field choice\">\n<input type=\"checkbox\" id=\"Passphrase\" "
    "name=\"Passphrase\" value=\"yes\"> <label for=\"Passphrase\">Protect the key's file with a "
    "passphrase, which openssl will ask for</label>\n</div>\n</fieldset>\n"
    "<p><button type=\"submit\">Show what to run</button></p>\n</form>\n";

} // namespace

Html requestFormPage(const Offered& templates)
{
    Html html(
        "<p>Say what certificate you need. The answer is a configuration and a command for "
        "<code>openssl</code> that make key and request on the machine that will use them: this "
        "service makes no keys and takes none.</p>\n");
    if (templates.empty()) return html.markup(noTemplates);
    html.markup("<form method=\"post\" action=\"certrqma.asp\">\n");
    html.add(templateNames(templates)).add(keyChoice(templates));
    html.markup(nameFields).markup(furtherFields).add(templateTable(templates));
    return html.markup(
        "<h2>With certreq on Windows</h2>\n<pre><code>certreq -new request.inf server.csr</code>"
        "</pre>\n<p>The key stays in the machine's store. <a href=\"certrqxt.asp\">Submit the "
        "request</a>; when the certificate is there: <code>certreq -accept "
        "certnew.cer</code>.</p>\n");
}

} // namespace perennial::enrollment::server::web
