(function () {
  var category = '[[ Category | enum(tents,jackets,boots,cookware) | tents | {required: true, order: 1} ]]';
  var days = Number('[[ Within days | number | 14 | {required: true, order: 2} ]]');
  var since = Date.now() - days * 24 * 60 * 60 * 1000;

  function showsCategory(event) {
    var page = (event.arbitraryData && event.arbitraryData.page) || '';
    return event.type === 'VIEW' && page.indexOf('/shop/' + category) === 0;
  }

  return (guest.sessions || []).some(function (session) {
    return (session.events || []).some(function (event) {
      return showsCategory(event) && new Date(event.createdAt).getTime() >= since;
    });
  });
})();
