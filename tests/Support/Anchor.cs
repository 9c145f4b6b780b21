namespace Support;
