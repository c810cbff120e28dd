(function () {
  var session = (guest.sessions || [])[0] || {};

  return (session.events || [])
    .filter(function (event) {
      return event.type === 'ADD' && event.arbitraryData && event.arbitraryData.product;
    })
    .reduce(function (total, event) {
      var product = event.arbitraryData.product;
      return total + (Number(product.price) || 0) * (Number(product.quantity) || 1);
    }, 0);
})();