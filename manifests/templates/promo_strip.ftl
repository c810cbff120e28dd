<#-- The API answer for shops that draw the strip themselves, such as the mobile app. -->
{
  "component": "promo_strip",
  "text": "[[ Text ]]",
  "link": {
    "href": "[[ Link ]]",
    "label": "[[ Link text ]]"
  },
  "greeting": "${(guest.firstName!'')?json_string}"
}
