// Returns VISITOR, NEW_CUSTOMER, RETURNING_CUSTOMER or LAPSED_CUSTOMER.
(function () {
  var LAPSED_AFTER_DAYS = Number('[[ Lapsed after days | number | 365 | {required: true, order: 1} ]]');
  var DAY = 24 * 60 * 60 * 1000;

  function purchases() {
    return (guest.orders || []).filter(function (order) {
      return order.status === 'PURCHASED';
    });
  }

  function daysSince(orders) {
    var latest = orders.reduce(function (newest, order) {
      return Math.max(newest, new Date(order.orderedAt).getTime() || 0);
    }, 0);
    return Math.floor((Date.now() - latest) / DAY);
  }

  var orders = purchases();
  if (orders.length === 0) {
    return 'VISITOR';
  }
  if (daysSince(orders) > LAPSED_AFTER_DAYS) {
    return 'LAPSED_CUSTOMER';
  }
  return orders.length === 1 ? 'NEW_CUSTOMER' : 'RETURNING_CUSTOMER';
})();
