var seasonCalendar = (function () {
  // First month (January is 0) of each selling season, in the order of the year.
  var SEASONS = [
    { name: 'WINTER', from: 0 },
    { name: 'SPRING', from: 2 },
    { name: 'SUMMER', from: 5 },
    { name: 'AUTUMN', from: 8 },
    { name: 'WINTER', from: 11 }
  ];

  function seasonAt(date) {
    var month = date.getUTCMonth();
    return SEASONS.filter(function (season) {
      return season.from <= month;
    }).pop().name;
  }

  return {
    seasonAt: seasonAt,
    today: function () {
      return seasonAt(new Date());
    }
  };
})();
