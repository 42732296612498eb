#include "controller/enrollment/web/pages.h"

namespace perennial::enrollment::server::web {

namespace {

constexpr Literal backLink = "<p><a href=\"certrqxt.asp\">Back to the form</a></p>\n";

// Two TABs and the end of the line around the value are part of what programs read.
void addStatus(Html& html, Literal label, std::string_view value)
{
    html.markup("<dt>").markup(label).markup("</dt><dd>\n\t\t").text(value).markup("\n</dd>\n");
}

std::string resultText(const Disposition& disposition)
{
    if (disposition.state == Disposition::State::Pending)
        return "The operation completed successfully. 0x0 (WIN32: 0)";
    std::string text(sentenceOf(disposition.code));
    if (text.empty()) text = "The request failed.";
    return text + " " + codeText(disposition.code);
}

} // namespace

Html issuedPage(const Disposition& disposition)
{
    // A raw & before Enc, as AD CS writes it and programs expect it.
    Html html(
        "<p class=\"notice\">The certificate that you requested was issued to you.</p>\n<ul>\n");
    const auto link = [&](Literal file, Literal encoding, Literal text) {
        html.markup("<li><a href=\"").markup(file).markup("?ReqID=").text(disposition.requestId);
        html.markup("&Enc=").markup(encoding).markup("\">").markup(text).markup("</a></li>\n");
    };
    link("certnew.cer", "b64", "Download the certificate, base64 (PEM)");
    link("certnew.cer", "bin", "Download the certificate, DER");
    link("certnew.p7b", "b64", "Download the certificate chain, PKCS #7 in base64");
    link("certnew.p7b", "bin", "Download the certificate chain, PKCS #7");
    return html.markup("</ul>\n<p>The request is number ")
        .text(disposition.requestId)
        .markup(".</p>\n");
}

Html pendingResultPage(const Disposition& disposition)
{
    Html html("<p class=\"notice\">Your request was received. A certificate manager has to decide "
              "about it.</p>\n<p>Your Request Id is ");
    html.text(disposition.requestId);
    return html.markup(
        ".</p>\n<p>Come back to <a href=\"certckpn.asp\">your pending requests</a> to "
        "see what became of it.</p>\n");
}

Html deniedPage(const Disposition& disposition)
{
    Html html("<p class=\"notice warn\">");
    if (disposition.state == Disposition::State::Denied)
        html.markup("Your certificate request was denied.</p>\n");
    else
        html.markup("Your certificate request could not be processed.</p>\n");
    if (!disposition.requestId.empty())
        html.markup("<p>Your Request Id is ").text(disposition.requestId).markup(".</p>\n");
    html.markup("<p>The disposition message is \"").text(disposition.message).markup("\".</p>\n");
    if (disposition.code == HResult::UnsupportedCertificateType)
        html.markup("<p>The request was for a certificate template that is not supported by this "
                    "certification authority.</p>\n");
    html.markup("<p>Error Number: ").text(codeText(disposition.code)).markup("</p>\n");
    return html.markup(backLink);
}

Html statusPage(const Disposition& disposition)
{
    using State = Disposition::State;
    const bool pending = disposition.state == State::Pending;
    const auto result = resultText(disposition);
    Html html("<dl>\n");
    addStatus(html, "Request Id:", disposition.requestId);
    addStatus(html, "Request Mode:", "newreq - New Request");
    addStatus(html, "Disposition:",
        pending                              ? "5 - (unknown)"
        : disposition.state == State::Denied ? "2"
                                             : "(never set)");
    addStatus(
        html, "Disposition message:", disposition.message.empty() ? "(none)" : disposition.message);
    addStatus(html, "Result:", result);
    addStatus(html, "LastStatus:", result);
    addStatus(html, "Suggested Cause:",
        pending ? "A certificate manager has to decide about the request."
                : "Look at the disposition message, or ask the administrator.");
    return html.markup("</dl>\n<p><a href=\"certckpn.asp\">Your pending requests</a></p>\n");
}

Html messagePage(std::string_view foreignMessage)
{
    Html html("<p class=\"notice warn\">");
    html.text(foreignMessage).markup("</p>\n");
    return html.markup("<p><a href=\"default.asp\">Home</a></p>\n");
}

} // namespace perennial::enrollment::server::web
