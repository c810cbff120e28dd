(function () {
  var THRESHOLD = 50;
  var missing = THRESHOLD - basketValue;

  if (basketValue > 0 && missing <= 0) {
    return { threshold: THRESHOLD, message: 'Delivery is on us' };
  }
  if (basketValue > 0) {
    return { threshold: THRESHOLD, message: missing.toFixed(2) + ' pounds to free delivery' };
  }
  return { threshold: THRESHOLD, message: 'Delivery is free on orders over ' + THRESHOLD + ' pounds' };
})();