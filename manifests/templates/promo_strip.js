(function () {
  var DISMISSED = 'hp-strip-dismissed-' + variant.ref;

  // Storage may be switched off in the browser; then the strip simply comes back on the next page.
  function remember() {
    try {
      window.sessionStorage.setItem(DISMISSED, 'yes');
    } catch (error) {}
  }

  function wasDismissed() {
    try {
      return window.sessionStorage.getItem(DISMISSED) === 'yes';
    } catch (error) {
      return false;
    }
  }

  function report(interaction) {
    if (window.engage && typeof window.engage.event === 'function') {
      window.engage.event('PROMO_STRIP_INTERACTION', {
        channel: 'WEB',
        interaction: interaction,
        variantRef: variant.ref
      });
    }
  }

  if (wasDismissed()) {
    return;
  }

  insertHTMLBefore('[[ Insert before | string | header | {required: true, order: 6, placeholder: CSS selector} ]]');

  var strip = document.querySelector('#bx-' + variant.ref + ' .hp-strip');
  if (!strip) {
    return;
  }

  strip.querySelector('.hp-strip__link').addEventListener('click', function () {
    report('CLICKED');
  });

  strip.querySelector('.hp-strip__close').addEventListener('click', function () {
    strip.hidden = true;
    remember();
    report('DISMISSED');
  });

  strip.hidden = false;
  report('VIEWED');
})();
